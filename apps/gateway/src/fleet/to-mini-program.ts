import {
  AuditState,
  AuthorizerState,
  type FleetSummary,
  type MiniProgram,
  Party,
  ReadinessItemType,
  VersionSource,
  VisitStatus,
} from '@wxa/contracts';
import { type FleetCounts, type ListedMiniProgram, toReadiness } from '@wxa/fleet';

/** Converts a row of the inventory to its message. */
export function toMiniProgram(row: ListedMiniProgram): MiniProgram {
  return {
    appid: row.appid,
    name: row.nickName,
    labels: row.labels,
    authorization: AuthorizerState[`AUTHORIZER_STATE_${row.state}`],
    live: liveOf(row),
    trial: trialOf(row),
    audit: auditOf(row),
    grayPercentage: row.grayPercent ?? 0,
    readiness: toReadiness(row.readiness ?? {}),
    observeTime: row.versionsAt ?? undefined,
    drifted: row.drifted ?? false,
    visitStatus: VisitStatus[`VISIT_STATUS_${row.visitStatus ?? 'UNSPECIFIED'}`],
    supportVersion: row.supportVersion ?? '',
  };
}

function liveOf({ liveVersion, liveTemplate, liveAt, liveSource }: ListedMiniProgram): MiniProgram['live'] {
  if (liveVersion === null) return undefined;
  return {
    userVersion: liveVersion,
    templateId: liveTemplate === null ? undefined : BigInt(liveTemplate),
    releaseTime: liveAt ?? undefined,
    source: VersionSource[`VERSION_SOURCE_${liveSource ?? 'UNSPECIFIED'}`],
    isForeign: liveTemplate === null,
  };
}

function trialOf({ trialVersion, trialTemplate, committedAt }: ListedMiniProgram): MiniProgram['trial'] {
  if (trialVersion === null || trialTemplate === null) return undefined;
  const templateId = BigInt(trialTemplate);
  return { userVersion: trialVersion, templateId, commitTime: committedAt ?? undefined };
}

function auditOf(row: ListedMiniProgram): MiniProgram['audit'] {
  if (row.auditId === null) return undefined;
  return {
    auditId: BigInt(row.auditId),
    userVersion: row.auditVersion ?? '',
    state: AuditState[`AUDIT_STATE_${auditState(row)}`],
    submitTime: row.submittedAt ?? undefined,
    decideTime: row.decidedAt ?? undefined,
  };
}

function auditState({ auditState: state, isDelayed }: ListedMiniProgram) {
  if (state === null) return 'UNSPECIFIED';
  if (state !== 'OPEN') return state;
  return isDelayed ? 'DELAYED' : 'PENDING';
}

function toVersionCount({ version: userVersion, count }: FleetCounts['versions'][number]) {
  return { userVersion, count: BigInt(count) };
}

/** Converts counts to the message. */
export function toSummary(counts: FleetCounts): FleetSummary {
  return {
    total: BigInt(counts.total),
    notLive: BigInt(counts.notLive),
    drifted: BigInt(counts.drifted),
    versions: counts.versions.map(toVersionCount),
    labels: counts.labels.map(({ label, count, notLive, versions }) => ({
      ...{ label, count: BigInt(count), notLive: BigInt(notLive) },
      versions: versions.map(toVersionCount),
    })),
    templates: counts.templates.map(({ template, count }) => ({
      templateId: template === null ? undefined : BigInt(template),
      count: BigInt(count),
    })),
    notReady: counts.waits.map(({ wait, count }) => {
      const [item, acts] = wait.split(':');
      return {
        item: ReadinessItemType[`READINESS_ITEM_TYPE_${item}` as keyof typeof ReadinessItemType],
        acts: Party[`PARTY_${acts}` as keyof typeof Party],
        count: BigInt(count),
      };
    }),
  };
}
