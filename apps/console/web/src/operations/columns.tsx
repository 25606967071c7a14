import { Link } from 'react-router';
import { useName, useText } from '../text/text.js';
import { Appid } from '../ui/appid.js';
import { StateTag } from '../ui/state-tag.js';
import { Time } from '../ui/time.js';
import { errorOf, type Operation, WaitsFor } from './held-by.js';

/** The columns of a table of operations. */
export function useOperationColumns() {
  const t = useText();
  const name = useName();
  return {
    method: {
      title: t('operations.method'),
      render: ({ id, method }: Operation) => <Link to={`/operations/${id}`}>{name('method', method)}</Link>,
    },
    state: {
      title: t('operations.state'),
      render: ({ state }: Operation) => <StateTag of="operation" state={state} />,
    },
    appid: { title: t('operations.of'), render: ({ appid }: Operation) => <Appid appid={appid} /> },
    person: {
      title: t('operations.person'),
      render: ({ onBehalfOf, acceptedBy }: Operation) => onBehalfOf || acceptedBy || '–',
    },
    created: {
      title: t('operations.created'),
      render: ({ createTime }: Operation) => <Time at={createTime} />,
    },
    ended: { title: t('operations.ended'), render: ({ endTime }: Operation) => <Time at={endTime} /> },
    error: { title: t('operations.error'), render: errorOf },
    waitsFor: {
      title: t('operations.waitsFor'),
      render: (operation: Operation) => <WaitsFor operation={operation} />,
    },
  };
}
