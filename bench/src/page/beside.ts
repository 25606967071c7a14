// The parts beside the comparison.
import type { Bounds, Outage, Pushes, Rates, Small } from '../results.js';
import { ms, share, table, whole } from './markdown.js';
import type { Section } from './section.js';

export function smallSection({ wave, acceptToHttpStartMs, residentMiB }: Small): Section {
  const { halfLoad, almostIdle } = acceptToHttpStartMs;
  const latency = ({ p50, p99 }: { p50: number; p99: number }) => `p50 ${ms(p50)}, p99 ${ms(p99)}`;
  return section(
    '## The small benchmark',
    `One wave as at (a) and two steady rates, within a minute; the load that is called half here is half of what the slots
allow, whether or not the machine reaches it.`,
    table(
      ['figure', 'value'],
      [
        [
          `accepts a second, ${whole(wave.operations)} commits while they already run`,
          whole(wave.acceptsPerSecond),
        ],
        ["operations a second, from the first ask to WeChat's last answer", whole(wave.operationsPerSecond)],
        ['efficiency, accept included', share(wave.efficiency)],
        [`accept → HTTP start, ${almostIdle.perSecond} commits a second`, latency(almostIdle)],
        [`accept → HTTP start, ${whole(halfLoad.perSecond)} commits a second`, latency(halfLoad)],
        ...Object.entries(residentMiB).map(([name, size]) => [`resident memory, ${name}`, `${size} MiB`]),
      ],
    ),
  );
}

export function ratesSection({ perSecond, seconds, rows }: Rates): Section {
  return section(
    '## The limit of one API over all workers',
    `\`WECHAT_RATE_PER_API=${perSecond}\`, ${seconds} s, one commit for each of ${whole(perSecond * (seconds + 1))} mini-programs: the most calls that began in any one second, as the
simulator saw them, and how much of the limit was used from the second second on. 96.5 % of the limit is given out, so
that what timers, sockets and a crowded machine shift stays within 5 % in any second; \`test/release/rate-limits.spec.ts\`
holds both bounds over 7 s.`,
    table(
      ['workers', 'most in one second', 'used'],
      rows.map(({ workers, mostInOneSecond, used }) => [
        workers,
        mostInOneSecond,
        `${(100 * used).toFixed(1)} %`,
      ]),
    ),
  );
}

export function outageSection(outage: Outage): Section {
  const { operations, minutesWithoutWechat, probes, mostProbesInOneSecond } = outage;
  return section(
    '## An outage of WeChat',
    `WeChat resets every connection for ${minutesWithoutWechat} minutes; ${whole(operations)} commits are asked for meanwhile, and one worker does them when it is
back.`,
    table(
      ['figure', 'value'],
      [
        ['probes meanwhile; most of them in any one second', `${whole(probes)}; ${mostProbesInOneSecond}`],
        [
          'in doubt when WeChat came back (the first calls, before the breaker opened)',
          outage.inDoubtAtTheReturn,
        ],
        ['failed', outage.failed],
        ['mini-programs with a commit out of order or twice', outage.miniProgramsOutOfOrderOrTwice],
        [
          "from WeChat's return to the last end; the shortest possible",
          `${outage.fromReturnToEndS} s; ${outage.idealS} s`,
        ],
        ['the most memory the worker ever held', `${outage.workerPeakMiB} MiB`],
      ],
    ),
  );
}

export function pushesSection(pushes: Pushes): Section {
  const { withKafka, kafkaStopped, flatOut, connections } = pushes;
  return section(
    '## Pushes',
    `Each push is about the open audit of another mini-program, sealed for the platform, so that all of it is done:
signature, decryption, binding, the audit's end and its event, durable before the answer. ${connections} connections; sender, gateway,
worker, simulator, PostgreSQL and Kafka share the machine.`,
    table(
      ['', 'pushes', 'answered `success` a second', 'p50', 'p99', 'slowest'],
      Object.entries({
        'Kafka running, 2,000 a second': withKafka,
        "Kafka's broker stopped, 2,000 a second": kafkaStopped,
        'Kafka running, as fast as the connections can': flatOut,
      }).map(([title, figures]) => [
        title,
        whole(figures.pushes),
        whole(figures.perSecond),
        ms(figures.p50Ms),
        ms(figures.p99Ms),
        ms(figures.mostMs),
      ]),
    ),
    `Of ${whole(pushes.answeredSuccess)} answered \`success\` (with those of the warm-up), each looked for on the topic after the broker was back, ${pushes.lost}
were lost and ${pushes.publishedTwice} published twice; ${whole(kafkaStopped.eventsWaitingAfterwards)} events waited in the outbox until then. They were kept in ${whole(pushes.transactions)} transactions.
The gateway held ${pushes.gatewayPeakMiB} MiB at most.`,
  );
}

export function boundsSection({ idle, waiting, large, history }: Bounds): Section {
  const { small, large: many } = history.rows;
  const memory = ({ operations, extJsonBytes }: Bounds['waiting']) =>
    `worker's memory at most, WeChat hangs: ${whole(operations)} commands of ${extJsonBytes < 1024 ? `${extJsonBytes} bytes` : `${whole(extJsonBytes / 1024)} KiB`} on the topic`;
  const slower = (name: keyof Bounds['history']['slower']) => [
    history.slower[name].toFixed(2),
    history.slowerAfterCheckpoint[name].toFixed(2),
  ];
  const speeds = `${whole(history.small.acceptsPerSecond)}/s became ${whole(history.large.acceptsPerSecond)}/s`;
  return section(
    '## Bounds of memory, idle time and history',
    table(
      ['figure', 'value', 'bound'],
      [
        ['idle worker, of one core', `${idle.workerCpuPercent} %`, '3 %'],
        ['idle gateway, of one core', `${idle.gatewayCpuPercent} %`, ''],
        [memory(waiting), `${waiting.peakMiB} MiB`, '400 MB'],
        [memory(large), `${large.peakMiB} MiB`, '400 MB'],
      ],
    ),
    `A day's operations in the table, ${whole(many)} rows against ${whole(small)}, in turns in one run; how many times slower:`,
    table(
      ['', 'usual', 'right after a checkpoint'],
      [
        ['accept, one by one', ...slower('acceptMs')],
        ['claim, one by one', ...slower('claimMs')],
        ['settle, one by one', ...slower('settleMs')],
        ['claims and settles, 1,000 at once', ...slower('runsPerSecond')],
        [`accepts, 1,000 at once (${speeds})`, ...slower('acceptsPerSecond')],
      ],
    ),
    `Right after a checkpoint PostgreSQL logs each page whole at its first change; 1,000 accepts change 1,000 pages of the two
indexes by mini-program in the large table and a few dozen in the small one. It is over when most pages were changed
once, seconds into a wave.`,
  );
}

function section(...lines: string[]): Section {
  return { lines, charts: [] };
}
