import { App, Flex } from 'antd';
import { call } from '../api/call.js';
import { usePages } from '../api/query.js';
import { t } from '../text/text.js';
import { FilterFields, useFilters } from '../ui/filters.js';
import { DialogButton } from '../ui/form/dialog-button.js';
import { Field } from '../ui/form/field.js';
import { PagedTable } from '../ui/table.js';
import { Appid, Time } from '../ui/value.js';

/** Who has read access tokens from the token service, and when last. */
export function TokenReaders({ canRenew }: { canRenew: boolean }) {
  const { given } = useFilters();
  const request = { appid: given('appid'), caller: given('caller'), tokenId: given('tokenId'), pageSize: 50 };
  const pages = usePages('Platform/ListTokenReaders', request, ({ readers }) => readers);
  return (
    <Flex vertical gap="small">
      <FilterFields
        isReplacing
        fields={[
          { name: 'appid', label: 'adoption.appid' },
          { name: 'caller', label: 'adoption.caller' },
          { name: 'tokenId', label: 'adoption.tokenId' },
        ]}
      />
      <PagedTable
        pages={pages}
        rowKey={({ appid, caller }) => `${appid} ${caller}`}
        size="small"
        empty={t('adoption.noReaders')}
        columns={{
          'adoption.appid': ({ appid }) => <Appid appid={appid} />,
          'adoption.caller': ({ caller }) => caller,
          'adoption.reads': { cell: ({ reads }) => Number(reads).toLocaleString(), align: 'right' },
          'adoption.firstRead': ({ firstReadTime }) => <Time at={firstReadTime} />,
          'adoption.lastRead': ({ lastReadTime }) => <Time at={lastReadTime} />,
          'adoption.tokenId': ({ tokenId }) => <code>{tokenId}</code>,
          'operations.actions': canRenew && (({ appid }) => <RenewToken appid={appid} isSmall />),
        }}
      />
    </Flex>
  );
}

/** Lets a worker renew the token of a mini-program, which ends the one that was disclosed. @param appid may be changed. */
export function RenewToken({ appid = '', isSmall = false }: { appid?: string; isSmall?: boolean }) {
  const { message } = App.useApp();
  const rule = { required: true, pattern: /^\s*wx[0-9a-f]{16}\s*$/, message: t('adoption.appidForm') };
  return (
    <DialogButton
      size={isSmall ? 'small' : 'middle'}
      label={t('adoption.renew')}
      isDangerous
      reason="required"
      effect={t('adoption.renewEffect')}
      initial={{ appid }}
      run={async (values) => {
        const { renews } = await call('Authorizers/RenewToken', values);
        void message.success(t(renews ? 'adoption.renewing' : 'adoption.renewed'));
      }}
      success=""
    >
      <Field name="appid" label="adoption.appid" rules={[rule]} />
    </DialogButton>
  );
}
