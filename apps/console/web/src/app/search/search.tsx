import { SearchOutlined } from '@ant-design/icons';
import { Button, Empty, Flex, Input, Modal, Spin, Tag } from 'antd';
import { useEffect, useState } from 'react';
import { Link, useLocation, useNavigate } from 'react-router';
import { t } from '../../text/text.js';
import { ErrorAlert } from '../../ui/page.js';
import { Secondary } from '../../ui/value.js';
import { useSearch } from './use-search.js';

const SHORTCUT = /mac/i.test(navigator.platform) ? '⌘K' : 'Ctrl K';

/** The search of the header, also by ⌘K: results while one types; Enter opens the first. */
export function Search() {
  const [isOpen, setIsOpen] = useState(false);
  const { key } = useLocation();
  useEffect(() => {
    const open = (event: KeyboardEvent) => {
      if (event.key !== 'k' || !(event.metaKey || event.ctrlKey)) return;
      event.preventDefault();
      setIsOpen(true);
    };
    document.addEventListener('keydown', open);
    return () => document.removeEventListener('keydown', open);
  }, []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a result was followed, perhaps to the page that is open
  useEffect(() => setIsOpen(false), [key]);
  return (
    <>
      <Button
        icon={<SearchOutlined />}
        aria-label={`${t('search')} ${SHORTCUT}`}
        onClick={() => setIsOpen(true)}
      >
        <span className="wide-only">
          {t('search')} <kbd>{SHORTCUT}</kbd>
        </span>
      </Button>
      <Modal
        open={isOpen}
        onCancel={() => setIsOpen(false)}
        footer={null}
        destroyOnHidden
        title={t('search')}
        style={{ top: 64 }}
      >
        <Results />
      </Modal>
    </>
  );
}

function Results() {
  const navigate = useNavigate();
  const [typed, setTyped] = useState('');
  const { found, isPending, error, first } = useSearch(typed);
  const openFirst = async () => {
    // A failure is shown below; another text ends the search for this one.
    const path = (await first().catch(() => undefined))?.path;
    if (path !== undefined) await navigate(path);
  };
  return (
    <>
      <Input
        autoFocus
        allowClear
        size="large"
        prefix={<SearchOutlined />}
        placeholder={t('search.hint')}
        aria-label={t('search.hint')}
        value={typed}
        onChange={({ target }) => setTyped(target.value)}
        onPressEnter={openFirst}
      />
      <Spin spinning={isPending}>
        <Flex vertical gap="small" style={{ paddingBlock: 16 }} aria-live="polite">
          {found.map(({ kind, title, detail, path }) => (
            <Link key={path} to={path}>
              <Tag>{t(`search.${kind}`)}</Tag>
              {title} <Secondary>{detail}</Secondary>
            </Link>
          ))}
          <ErrorAlert error={error} />
          {typed.trim() !== '' && !isPending && !error && found.length === 0 && (
            <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t('search.nothing')} />
          )}
        </Flex>
      </Spin>
    </>
  );
}
