import { Typography } from 'antd';
import { Link } from 'react-router';
import { useCall } from '../api/query.js';
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

const NAMES_MS = 300_000;

interface Props {
  appid: string;
  /** Looked up unless it is given. */
  name?: string;
}

/** A mini-program by its name, which leads to its page, with its appid; by its appid alone without a name, or if it is none, as the platform. */
export function MiniProgramName({ appid, name }: Props) {
  // A search for what is not known is no error.
  const request = { search: appid, pageSize: 1 };
  const options = { enabled: name === undefined, staleTime: NAMES_MS };
  const found = useCall('Fleet/ListMiniPrograms', request, options).data?.miniPrograms[0];
  const shown = name ?? found?.name;
  if (shown === undefined) return <Appid appid={appid} />;
  return (
    <span>
      <Link to={`/mini-programs/${appid}`}>{shown === '' ? appid : shown}</Link>
      {shown !== '' && (
        <>
          <br />
          <Appid appid={appid} />
        </>
      )}
    </span>
  );
}
