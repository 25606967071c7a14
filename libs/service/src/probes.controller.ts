import { Controller, Get, Header, Inject, Res } from '@nestjs/common';
import { register } from '@prometheus-io/client';
import { Readiness } from './readiness.js';

interface Response {
  status(code: number): Response;
  json(body: unknown): void;
}

/** What operators ask every process of ours. */
@Controller()
export class ProbesController {
  constructor(@Inject(Readiness) private readonly readiness: Readiness) {}

  /** The process answers. */
  @Get('healthz')
  healthz(): string {
    return 'ok';
  }

  /** 200 where every part it needs is there, else 503; the parts by name. */
  @Get('readyz')
  readyz(@Res() response: Response): void {
    const { ready } = this.readiness;
    response.status(ready ? 200 : 503).json({ ready, parts: this.readiness.report() });
  }

  /** Prometheus text. */
  @Get('metrics')
  @Header('content-type', register.contentType)
  metrics(): Promise<string> {
    return register.metrics();
  }
}
