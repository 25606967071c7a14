import { Navigate, useLocation } from 'react-router';
import { actionOf } from './actions/possible.js';

/** The addresses of the former console lead to the pages of mini-programs, with the forms of their actions. */
export function Component() {
  const { pathname, search } = useLocation();
  const [, , appid = '', old = ''] = pathname.split('/');
  const action = actionOf(old === 'visibility' ? 'visit-status' : old);
  return <Navigate to={`/mini-programs/${appid}${action ? `?action=${action}` : search}`} replace />;
}
