import { Alert, Flex } from 'antd';
import { call } from '../../api/call.js';
import { nameOf, t } from '../../text/text.js';
import { DialogButton } from '../../ui/form/dialog-button.js';
import { Time } from '../../ui/value.js';
import { canAct } from '../session.js';
import { usePlatformStatus } from '../use-platform-status.js';
import { type OperatorStop, operatorStops } from './stops.js';

const SHOWN = 3;

/** On every page while operators have stopped APIs: what, why, until when, and the button that lifts all of it. */
export function StopBanner() {
  const { data: status } = usePlatformStatus();
  const stops = status === undefined ? [] : operatorStops(status);
  if (stops.length === 0) return null;
  return (
    <Alert
      banner
      type="error"
      title={
        <Flex vertical>
          {stops.slice(0, SHOWN).map((stop) => (
            <StopLine key={`${stop.scope} ${stop.reason} ${stop.by}`} stop={stop} />
          ))}
          {stops.length > SHOWN && t('stop.moreStops', { count: stops.length - SHOWN })}
        </Flex>
      }
      action={<LiftButton count={stops.flatMap(({ apis }) => apis).length} />}
    />
  );
}

function StopLine({ stop: { scope, apis, endTime, reason, by } }: { stop: OperatorStop }) {
  const isScope = scope !== 'STOP_SCOPE_UNSPECIFIED';
  const first = isScope ? nameOf('stopScope', scope) : nameOf('api', apis[0] ?? '');
  const count = isScope ? 0 : apis.length - 1;
  const what = count > 0 ? t('stop.andMore', { first, count }) : first;
  return (
    <span>
      <strong>{t('stop.holds', { what })}</strong> · {t('stop.ends')} <Time at={endTime} /> · {reason} · {by}
    </span>
  );
}

function LiftButton({ count }: { count: number }) {
  if (!canAct) return null;
  return (
    <DialogButton
      size="small"
      label={t('stop.lift')}
      verb={t('stop.liftConfirm')}
      effect={t('stop.liftEffect', { count })}
      run={({ reason }) => call('Platform/LiftApiStops', { reason })}
      invalidates={['Platform/GetPlatformStatus']}
      success={t('stop.lifted')}
    />
  );
}
