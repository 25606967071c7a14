import { useCall } from '../api/query.js';

/** Each read asks WeChat. */
const ASKED = { staleTime: 60_000 };

/** The platform's templates and drafts. */
export function useLibrary() {
  return {
    templates: useCall('Templates/ListTemplates', {}, ASKED),
    drafts: useCall('Templates/ListDrafts', {}, ASKED),
  };
}
