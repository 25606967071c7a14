import { type DynamicModule, Inject, Module, type OnApplicationBootstrap } from '@nestjs/common';
import { EX_CONFIG, type Logger, ProbesController, Readiness } from '@wxa/service';
import { MissingKeyError } from '@wxa/store';
import { type Config } from './config.js';
import { ReleaseWorker } from './release-worker.js';

/** The worker in Nest: its probes over HTTP, and the worker itself, which starts once they answer. */
@Module({ controllers: [ProbesController] })
export class ReleaseWorkerModule implements OnApplicationBootstrap {
  constructor(
    @Inject(ReleaseWorker) private readonly worker: ReleaseWorker,
    @Inject('logger') private readonly logger: Logger,
  ) {}

  static with(config: Config, logger: Logger): DynamicModule {
    const readiness = new Readiness(['postgres', 'kafka']);
    return {
      module: ReleaseWorkerModule,
      providers: [
        { provide: Readiness, useValue: readiness },
        { provide: ReleaseWorker, useValue: new ReleaseWorker(config, logger, readiness) },
        { provide: 'logger', useValue: logger },
      ],
    };
  }

  onApplicationBootstrap(): void {
    this.worker.start().catch((error: unknown) => {
      this.logger.fatal({ error: String(error) }, 'the worker can not start');
      // A key that is not the one that stored secrets are under is a fault of the configuration.
      process.exit(error instanceof MissingKeyError ? EX_CONFIG : 1);
    });
  }
}
