/** What the audit trail records, as `TrailAction` of the service; a later one is shown by its code. */
export const TRAIL_ACTIONS = [
  ...(['rollout.created', 'rollout.updated', 'rollout.targets_added', 'rollout.started'] as const),
  ...(['rollout.paused', 'rollout.resumed', 'rollout.advanced', 'rollout.cancelled'] as const),
  ...(['rollout.closed', 'rollout.retried', 'rollout.targets_skipped', 'rollout.rolled_back'] as const),
  ...(['operation.cancelled', 'operation.resolved', 'api.stopped', 'api.resumed', 'rate.changed'] as const),
  ...(['authorizer.imported', 'authorizer.removed', 'authorizer.labelled'] as const),
  ...(['authorizers.registered', 'authorizers.synced', 'authorizers.rechecked'] as const),
  ...(['authorizers.exported', 'authorizers.tokens_forgotten', 'token.read', 'token.renewed'] as const),
  ...(['settings.layer_changed', 'settings.layer_deleted', 'policy.loaded', 'forwards.loaded'] as const),
  ...(['calls.denied', 'events.released', 'dead_letters.replayed', 'republish.run'] as const),
  ...(['secrets.rotated', 'restore.run', 'history.accepted'] as const),
] as const;
