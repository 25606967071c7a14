import { withoutNul } from '@wxa/postgres';

/** A member of the stored request of a Commit. */
export const requestMember = (request: string, name: string) => `${withoutNul(request)} ->> '${name}'`;

/** The last commits of a mini-program in operations, and those that retention has kept, as rows. */
const commitsOf = (appid: string, limit: number) => `(
  select ${requestMember('o.request', 'userVersion')} as user_version,
    coalesce(${requestMember('o.request', 'templateId')}, '0')::bigint as template_id, o.ended_at as committed_at
  from (select request, ended_at from operations where appid = ${appid} and method = 'Commit' and state = 'SUCCEEDED'
    order by seq desc limit ${limit}) o
  union all
  select user_version, template_id, committed_at from (select * from commits where appid = ${appid}
    order by committed_at desc limit ${limit}) kept)`;

/** A version that is live is among the last commits: WeChat keeps far fewer. */
const LOOKED_AT = 100;

/** An expression for the template with which a version was committed last; null if no such commit is known. */
export const templateOf = (appid: string, version: string) => `(
  select template_id from ${commitsOf(appid, LOOKED_AT)} c where c.user_version = ${version}
  order by committed_at desc limit 1)`;

/** The last commit of a mini-program, as a row. */
export const lastCommit = (appid: string) =>
  `(select * from ${commitsOf(appid, 1)} c order by committed_at desc limit 1)`;

/** Commits of a mini-program that are kept when retention deletes their operations. */
const KEPT = 10;

/** An expression that keeps the commits among deleted operations. @param gone the expression that returns those. */
export const KEEP_COMMITS = (gone: string) => `
  insert into commits (appid, committed_at, user_version, template_id)
  select appid, ended_at, user_version, template_id from (
    select g.appid, g.ended_at, ${requestMember('g.request', 'userVersion')} as user_version,
      coalesce(${requestMember('g.request', 'templateId')}, '0')::bigint as template_id
    from ${gone} g join authorizers a on a.appid = g.appid where g.method = 'Commit' and g.state = 'SUCCEEDED') c
  where user_version is not null on conflict do nothing`;

/** Deletes all but the last of them. @param limit rows at most. */
export const TRIM_COMMITS = (limit: number) => `
  delete from commits c using (
    select appid, committed_at from (
      select appid, committed_at, row_number() over (partition by appid order by committed_at desc) as place
      from commits) numbered where place > ${KEPT} limit ${limit}) old
  where c.appid = old.appid and c.committed_at = old.committed_at`;
