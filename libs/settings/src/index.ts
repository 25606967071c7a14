export type { LayerChange, NotChanged, PutLayer } from './change-layers.js';
export { mergedExtJson, shownExtJson } from './ext-json.js';
export type { Effective, Layer } from './merge.js';
export { dependOnUnread, type Registered, readRegistered, unregisteredOf } from './platform-domains.js';
export { readEffective, readEffectives, type StoredLayer, type StoredVersion } from './read-layers.js';
export { orderRule, scopeRule, settingsRules } from './rules.js';
export { keyOf, scopeOf } from './scope.js';
export { type Settings, settingsOn } from './settings-on.js';
