/** The folders of `test/` that `npm test` leaves out, and the code that each of them checks. */
export const FOLDERS: Record<string, string[]>;
