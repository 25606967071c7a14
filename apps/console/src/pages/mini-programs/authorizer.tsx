import type { Authorizer } from '@wxa/contracts';
import { failureOf } from '../../gateway/failure.js';
import { State } from '../../ui/state.js';
import { Time } from '../../ui/time.js';
import { canAct, type Visit } from '../../visit/visit.js';
import { pathOf } from './paths.js';

const CODE_MANAGEMENT = 18;

/** What a call says about authorizations; undefined if the service does not know them, because its tokens come from elsewhere. */
export async function knownAuthorizers<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (failureOf(error)?.reason !== 'TOKEN_SOURCE_NOT_COMPONENT') throw error;
    return undefined;
  }
}

/** Whether the mini-program granted code management. */
export function PermissionSet({ visit, authorizer }: { visit: Visit; authorizer: Authorizer }) {
  const { t } = visit;
  const { permissionSets } = authorizer;
  if (permissionSets.length === 0) return <span class="waiting">{t('unknown')}</span>;
  if (permissionSets.includes(CODE_MANAGEMENT)) return <span class="good">{t('withPermission18')}</span>;
  return <span class="bad">{t('withoutPermission18')}</span>;
}

/** State, permission sets and labels of a mini-program in one line. */
export function AuthorizerFacts({ visit, authorizer }: { visit: Visit; authorizer: Authorizer }) {
  const { t } = visit;
  const { appid, state, permissionSets, labels, lastError, lastErrorTime, authorizeTime } = authorizer;
  return (
    <>
      <p>
        <State visit={visit} of="authorizer" state={state} /> <Time visit={visit} at={authorizeTime} />
        {' · '}
        {t('permissionSets')} <PermissionSet visit={visit} authorizer={authorizer} />{' '}
        <small>{permissionSets.join(' ')}</small>
        {' · '}
        {t('labels')} {labels.length === 0 ? '–' : labels.map((label) => <mark class="badge">{label}</mark>)}{' '}
        {canAct(visit) && <a href={`${pathOf(appid)}/labels`}>{t('edit')}</a>}
      </p>
      {lastError !== '' && (
        <p class="bad">
          {t('tokenError')} <Time visit={visit} at={lastErrorTime} /> {lastError}
        </p>
      )}
    </>
  );
}
