import { Alert, Card, Flex, Tag } from 'antd';
import { useText } from '../../text/text.js';
import { Details } from '../../ui/list/details.js';
import { StateTag } from '../../ui/state-tag.js';
import { Time } from '../../ui/time.js';
import type { Authorizer } from '../types.js';

const CODE_MANAGEMENT = 18;
const OWNERS = {
  AUTHORIZER_TOKEN_OWNER_UNSPECIFIED: 'unknown',
  AUTHORIZER_TOKEN_OWNER_THIS_SERVICE: 'miniPrograms.owner.THIS_SERVICE',
  AUTHORIZER_TOKEN_OWNER_TOKEN_SERVICE: 'miniPrograms.owner.TOKEN_SERVICE',
  UNRECOGNIZED: 'unknown',
} as const;

/** What the owner has granted, and whether the tokens that follow from it work. */
export function Authorization({ authorizer }: { authorizer: Authorizer }) {
  const t = useText();
  const { lastError, lastErrorTime, permissionSets } = authorizer;
  return (
    <Card size="small" title={t('miniPrograms.authorization')}>
      {lastError !== '' && (
        <Alert
          type="error"
          showIcon
          title={t('miniPrograms.tokenError')}
          description={
            <>
              <Time at={lastErrorTime} /> <span lang="en">{lastError}</span>
            </>
          }
        />
      )}
      <Details
        rows={{
          'miniPrograms.state': <StateTag of="authorizer" state={authorizer.state} />,
          'miniPrograms.authorizedAt': <Time at={authorizer.authorizeTime} />,
          'miniPrograms.permissionSets': <PermissionSets sets={permissionSets} />,
          'miniPrograms.tokenOwner': t(OWNERS[authorizer.tokenOwner]),
          'miniPrograms.tokenExpires': <Time at={authorizer.tokenExpireTime} />,
        }}
      />
    </Card>
  );
}

function PermissionSets({ sets }: { sets: readonly number[] }) {
  const t = useText();
  if (sets.length === 0) return t('unknown');
  const has = sets.includes(CODE_MANAGEMENT);
  return (
    <Flex wrap>
      <Tag color={has ? 'success' : 'error'}>
        {t(has ? 'miniPrograms.withCodeManagement' : 'miniPrograms.withoutCodeManagement')}
      </Tag>
      {sets.join(' ')}
    </Flex>
  );
}
