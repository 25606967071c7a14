import { type DynamicModule, Inject, Module, type OnApplicationBootstrap } from '@nestjs/common';
import { MissingKeyError } from '@wxa/authorizers';
import { EX_CONFIG, Liveness, type Logger, ProbesController, Readiness } from '@wxa/service';
import { type Config } from './config.js';
import { ReleaseWorker } from './release-worker.js';

/** The worker as a Nest module: its HTTP probes, and the worker, which starts once they are served. */
@Module({ controllers: [ProbesController] })
export class ReleaseWorkerModule implements OnApplicationBootstrap {
  constructor(
    @Inject(ReleaseWorker) private readonly worker: ReleaseWorker,
    @Inject('logger') private readonly logger: Logger,
  ) {}

  static with(config: Config, logger: Logger): DynamicModule {
    const readiness = new Readiness(['postgres', 'kafka', 'history']);
    const liveness = new Liveness();
    return {
      module: ReleaseWorkerModule,
      providers: [
        { provide: Readiness, useValue: readiness },
        { provide: Liveness, useValue: liveness },
        { provide: ReleaseWorker, useValue: new ReleaseWorker(config, logger, { readiness, liveness }) },
        { provide: 'logger', useValue: logger },
      ],
    };
  }

  onApplicationBootstrap(): void {
    this.worker.start().catch((error: unknown) => {
      this.logger.fatal({ error: String(error) }, 'start failed');
      // A key that does not decrypt the stored secrets is a configuration error.
      process.exit(error instanceof MissingKeyError ? EX_CONFIG : 1);
    });
  }
}
