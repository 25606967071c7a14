/** A part of the page; `lines` are set apart by empty ones. */
export interface Section {
  lines: string[];
  charts: Chart[];
}

export interface Chart {
  /** Of its file, without `.svg`. */
  name: string;
  /** For who does not see it. */
  about: string;
  svg: string;
}
