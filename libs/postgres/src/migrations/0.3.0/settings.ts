/** Settings of mini-programs in layers, and the last versions of each layer. */
export const SETTINGS_TABLES = [
  // `scope`: `PLATFORM`, `LABEL:<name>` or `APPID:<appid>`. `settings`: proto3 JSON of MiniProgramSettings. `sort_order`: the
  // position among the layers of labels.
  `create table settings_layers (
    scope text collate "C" primary key,
    version bigint not null,
    sort_order smallint not null default 0,
    settings json not null
  )`,
  // Those of a deleted layer stay, so that numbers are never used twice. `settings`: null if the layer was deleted.
  `create table settings_versions (
    scope text collate "C" not null,
    version bigint not null,
    settings json,
    sort_order smallint not null,
    caller text not null,
    on_behalf_of text not null default '',
    reason text not null default '',
    created_at timestamptz not null,
    primary key (scope, version)
  )`,
];
