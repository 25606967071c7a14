import { calls } from './calls.js';
import { type Verbs, verb } from './verb.js';

const ID = '01890a5d-ac96-774b-bcce-b302099a8057';
const SPEC =
  `'{"name": "October", "template_id": 128, "user_version": "2.0.0", "waves": [{"count": 20}, {"rest": true}],
  "audit": {"rule": {}}}'`.replace(/\n */, ' ');

/** Rollouts of one template version to many mini-programs. */
export const ROLLOUT_VERBS: Verbs = {
  ...calls(`
  rollouts create | Rollouts/CreateRollout | creates a draft of a rollout, or starts it at once
    --spec ${SPEC} --selection '{"appids": {"appids": ["wx0123456789abcdef"]}}'
  rollouts add | Rollouts/AddRolloutTargets | adds mini-programs to a draft, with overrides
    ${ID} --targets '[{"appid": "wx0123456789abcdef", "wave": 1}]'
  rollouts update | Rollouts/UpdateRollout | changes a draft, or the limits and stop rules of a started rollout
    ${ID} --spec '{"audit_budget": {"max_submissions": 5000}}' --update-mask audit_budget
  rollouts plan | Rollouts/GetRolloutPlan | shows what a draft would do
    ${ID}
  rollouts start | Rollouts/StartRollout | starts a draft
    ${ID}
  rollouts get | Rollouts/GetRollout | shows a rollout
    ${ID}
  rollouts list | Rollouts/ListRollouts | lists rollouts, newest first
    --appid wx0123456789abcdef
`),
  'rollouts watch': verb(['gateway'], {
    summary: 'shows the progress of a rollout until it has ended',
    args: '<ID>',
    details: `On a terminal the progress is drawn in place; elsewhere each change is a line of six tab-separated cells: id, state, ended targets, all targets, what prevents more, and the targets of each step and state.
The exit code is 0 if all targets succeeded, else 1. An interruption does not affect the rollout.`,
    example: ID,
    run: async ([id = ''], values) => (await import('../ops/watch-rollout.js')).watchRollout(id, values),
  }),
  ...calls(`
  rollouts targets | Rollouts/ListRolloutTargets | lists the mini-programs of a rollout
    ${ID} --filter '{"states": ["ROLLOUT_TARGET_STATE_FAILED"]}'
  rollouts failures | Rollouts/ListRolloutFailures | groups failed targets by cause
    ${ID}
  rollouts history | Rollouts/ListRolloutHistory | counts what happened over time
    ${ID}
  rollouts changes | Rollouts/ListRolloutChanges | lists the journal, newest first
    ${ID}
  rollouts pause | Rollouts/PauseRollout | stops the admission of operations
    ${ID} --reason 'complaints about the new start page'
  rollouts resume | Rollouts/ResumeRollout | resumes admission
    ${ID}
  rollouts advance | Rollouts/AdvanceRollout | opens a gate now, with those of earlier waves
    ${ID} --gate RELEASE --wave 2
  rollouts close | Rollouts/CloseRollout | ends the intake of an open rollout; its targets go on
    ${ID} --reason 'template 130 replaces it'
  rollouts cancel | Rollouts/CancelRollout | cancels what has not begun
    ${ID} --reason 'template 129 replaces it'
  rollouts retry | Rollouts/RetryRollout | runs failed or skipped targets again
    ${ID} --filter '{"reason": "AUDIT_REJECTED"}' --from-step COMMIT
  rollouts skip | Rollouts/SkipRolloutTargets | takes targets out of a rollout
    ${ID} --filter '{"appids": ["wx0123456789abcdef"]}'
  rollouts rollback | Rollouts/RollbackRollout | cancels a rollout and creates one that takes back what it did
    ${ID} --reason 'crash on start'
`),
};
