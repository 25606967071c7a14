/** The folders of `test/` that `npm test` leaves out, and the code that each of them checks. */
export const FOLDERS: Record<string, string[]>;

/** Commands that `npm test` leaves out, and the code that each of them checks. */
export const COMMANDS: Record<string, { code: string[]; run: string; short?: string }>;
