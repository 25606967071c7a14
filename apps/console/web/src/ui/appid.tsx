import { Typography } from 'antd';
import { Link } from 'react-router';
import { useText } from '../text/text.js';

/** An appid, or another id, as quiet code that can be copied. */
export function Appid({ appid }: { appid: string }) {
  const t = useText();
  return (
    <Typography.Text
      type="secondary"
      copyable={{ text: appid, tooltips: [t('copy'), t('copied')] }}
      style={{ fontFamily: 'var(--ant-font-family-code)', whiteSpace: 'nowrap' }}
    >
      {appid}
    </Typography.Text>
  );
}

/** A mini-program by its name, which leads to its page, with its appid; without a name by its appid alone. */
export function MiniProgramName({ appid, name = '' }: { appid: string; name?: string | undefined }) {
  return (
    <span>
      <Link to={`/mini-programs/${appid}`}>{name === '' ? appid : name}</Link>
      {name !== '' && (
        <>
          <br />
          <Appid appid={appid} />
        </>
      )}
    </span>
  );
}
