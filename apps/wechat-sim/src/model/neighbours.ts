/** What neighbour APIs have set. */
export interface Neighbours {
  shownAppid: string;
  searchStatus: number;
  nicknames: string[];
}

export const newNeighbours = (): Neighbours => ({ shownAppid: '', searchStatus: 0, nicknames: [] });
