import { Controller, Get, Header, Inject, Res } from '@nestjs/common';
import { register } from '@prometheus-io/client';
import { Readiness } from './readiness.js';

interface Response {
  status(code: number): Response;
  json(body: unknown): void;
}

/** Liveness, readiness and metrics of every process. */
@Controller()
export class ProbesController {
  constructor(@Inject(Readiness) private readonly readiness: Readiness) {}

  /** Liveness. */
  @Get('healthz')
  healthz(): string {
    return 'ok';
  }

  /** 200 if every part is ready, else 503; the parts by name. */
  @Get('readyz')
  readyz(@Res() response: Response): void {
    const { ready } = this.readiness;
    response.status(ready ? 200 : 503).json({ ready, parts: this.readiness.report() });
  }

  /** Metrics in Prometheus's text format. */
  @Get('metrics')
  @Header('content-type', register.contentType)
  metrics(): Promise<string> {
    return register.metrics();
  }
}
