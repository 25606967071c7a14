import { GlobalOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { useLanguage, useText } from '../../text/text.js';

/** Shows the application in the other language, which the button names in that language. */
export function LanguageButton() {
  const t = useText();
  const { language, setLanguage } = useLanguage();
  const other = language === 'zh' ? 'en' : 'zh';
  return (
    <Button
      type="text"
      icon={<GlobalOutlined />}
      lang={other}
      aria-label={t('language')}
      onClick={() => setLanguage(other)}
    >
      <span className="wide-only">{t('language')}</span>
    </Button>
  );
}
