/** Stop what the spec files of this process share; called after the last of them. */
export const stops = [];
