import { type DeepPartial, MiniProgramSettings } from '@wxa/contracts';
import type { World } from '../world.js';

/** Stores the first version of a layer of settings. @param scope `APPID:<appid>` or `LABEL:<label>` */
export async function storeLayer(
  world: Pick<World, 'sql'>,
  scope: string,
  settings: DeepPartial<MiniProgramSettings>,
): Promise<void> {
  const json = MiniProgramSettings.toJSON(MiniProgramSettings.fromPartial(settings));
  const values = [scope, JSON.stringify(json)];
  await world.sql('insert into settings_layers (scope, version, settings) values ($1, 1, $2)', values);
}
