/** The folders of `test/` that `npm test` leaves out, and the code that each of them checks. */
export const FOLDERS: Record<string, string[]>;

/** The commit of the last row in the releases of bench/RESULTS.md. */
export const LAST_RELEASE: string;

/** Commands that `npm test` leaves out, and the code that each of them checks. */
export const COMMANDS: Record<string, { code: string[]; run: string; short?: string }>;
