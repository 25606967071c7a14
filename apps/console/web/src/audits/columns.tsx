import { Link } from 'react-router';
import { useColumn } from '../ui/list/column.js';
import { StateTag } from '../ui/state-tag.js';
import { Time } from '../ui/time.js';
import type { Audit } from './actions.js';

/** The columns that lists of audits have in common. */
export function useAuditColumns() {
  const column = useColumn<Audit>();
  return [
    column('audits.version', ({ appid, auditId, userVersion }) => (
      <Link to={`/audits/${appid}/${auditId}`}>{userVersion || auditId}</Link>
    )),
    column('operations.state', ({ delayed, state }) => (
      <StateTag of="audit" state={delayed ? 'DELAYED' : state} />
    )),
    column('audits.submitted', ({ submitTime }) => <Time at={submitTime} />),
  ];
}
