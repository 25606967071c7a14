import { Flex, Typography } from 'antd';
import { useName } from '../text/text.js';

/** An API of WeChat by its Chinese or English name, with its path small beside it. */
export function ApiName({ api }: { api: string }) {
  const name = useName()('api', api);
  return (
    <Flex vertical>
      {name !== api && <span>{name}</span>}
      <Typography.Text type="secondary" code style={{ fontSize: 12 }}>
        {api}
      </Typography.Text>
    </Flex>
  );
}
