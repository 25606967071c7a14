import type { Authorizer } from '@wxa/contracts';
import { type Failure, failureOf } from '../../gateway/failure.js';
import { AuthorizerState } from '../../ui/state.js';
import { Time } from '../../ui/time.js';
import { canAct, type Visit } from '../../visit/visit.js';
import { pathOf } from './paths.js';

const CODE_MANAGEMENT = 18;

/** Whether the service does not know authorizations, because its tokens come from elsewhere. */
export function isWithoutAuthorizers(failure: Failure | undefined): boolean {
  return failure?.reason === 'TOKEN_SOURCE_NOT_COMPONENT';
}

/** Undefined if the service does not know authorizations; an unknown mini-program is an error then too. */
export async function authorizerOf({ gateway }: Visit, appid: string): Promise<Authorizer | undefined> {
  try {
    return await gateway.authorizers.getAuthorizer({ appid });
  } catch (error) {
    if (!isWithoutAuthorizers(failureOf(error))) throw error;
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
        <AuthorizerState visit={visit} state={state} /> <Time visit={visit} at={authorizeTime} />
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
