import type { CommonValues } from '../calls/call.js';
import { EXIT } from '../exit-codes.js';
import { withGateway } from '../gateway/gateway.js';
import { printStream } from '../output/print-stream.js';
import { json } from '../output/printable.js';
import { isSuccess, lineOf, progressLines, type RolloutProgress } from './rollout-progress.js';

/** The part of a WatchRolloutResponse that is shown; `--json` prints all of it. */
interface Version {
  rollout: RolloutProgress;
}

/** `wxa rollouts watch`: shows the progress of a rollout until it has ended. */
export async function watchRollout(id: string, values: CommonValues): Promise<number> {
  return withGateway(values, async (gateway) =>
    printStream(
      gateway.stream('Rollouts/WatchRollout', { id }),
      printerOf(values.json === true),
      (last: Version | undefined) =>
        last !== undefined && isSuccess(last.rollout) ? EXIT.ok : EXIT.notFound,
    ),
  );
}

function printerOf(asJson: boolean): (message: Version) => string {
  if (asJson) return (message) => `${json(message)}\n`;
  if (!process.stdout.isTTY) {
    let before = '';
    return ({ rollout }) => {
      const line = `${lineOf(rollout)}\n`;
      if (line === before) return '';
      before = line;
      return line;
    };
  }
  let height = 0;
  return ({ rollout }) => {
    const lines = progressLines(rollout, process.stdout.columns);
    // Up to the first line of the earlier drawing, and clear from there.
    const start = height === 0 ? '' : `\u001b[${height}A\u001b[0J`;
    height = lines.length;
    return `${start}${lines.join('\n')}\n`;
  };
}
