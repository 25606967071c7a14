/** What neighbour APIs have set. */
export interface Neighbours {
  shownAppid: string;
  searchStatus: number;
  nicknames: string[];
  /** What was answered to users by the customer-service API. */
  messages: string[];
}

export const newNeighbours = (): Neighbours => ({
  shownAppid: '',
  searchStatus: 0,
  nicknames: [],
  messages: [],
});
