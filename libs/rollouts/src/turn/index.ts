export { decideQuotaLook } from './quota-decision.js';
export { RolloutTurn, type TurnOptions, type TurnReport } from './rollout-turn.js';
