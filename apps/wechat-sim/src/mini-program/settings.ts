import type { Call } from '../model/api.js';
import type { MiniProgram } from '../model/mini-program.js';
import { done, type Outcome, reject } from '../model/outcome.js';

const LIBRARY_VERSIONS: readonly string[] = ['1.0.0', '1.0.1', '1.1.0'];

/** GET wxa/get_category (section 3). */
export function getCategory(app: MiniProgram): Outcome {
  const category_list = app.categories.map(({ delisted: _, ugc: __, ...category }) => category);
  return done({ fields: { category_list } });
}

/** POST wxa/change_visitstatus (section 10): only a released mini-program can be closed or opened. */
export function changeVisitStatus(app: MiniProgram, { body }: Call): Outcome {
  if (body.action !== 'open' && body.action !== 'close') return reject(85022);
  if (!app.live) return reject(85021);
  app.visible = body.action === 'open';
  return done({ effect: `visit ${body.action}` });
}

/** POST wxa/getvisitstatus: 1 in service, 0 suspended. */
export function getVisitStatus(app: MiniProgram): Outcome {
  return done({ fields: { status: app.visible ? 1 : 0 } });
}

/** POST cgi-bin/wxopen/getweappsupportversion (section 12). */
export function getSupportVersion(app: MiniProgram): Outcome {
  const versions = new Set([...LIBRARY_VERSIONS, app.supportVersion]);
  const items = [...versions].map((version) => ({ percentage: 0, version }));
  return done({ fields: { now_version: app.supportVersion, uv_info: { items } } });
}

/** POST cgi-bin/wxopen/setweappsupportversion (section 13). */
export function setSupportVersion(app: MiniProgram, { body }: Call): Outcome {
  const { version } = body;
  if (typeof version !== 'string' || !/^\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(version)) return reject(85015);
  app.supportVersion = version;
  return done({ effect: `support_version ${version}` });
}
