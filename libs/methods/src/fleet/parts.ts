import type {
  GetDomainsResponse,
  GetFilingResponse,
  GetPrivacyGuideResponse,
  GetVersionInfoResponse,
  ListCategoriesResponse,
  ListPrivacyInterfacesResponse,
} from '@wxa/contracts';

/** What WeChat answers for each part of a mini-program. */
export interface PartAnswers {
  ACCOUNT: { accountStatus: number; nickName: string; headImage: string; signature: string };
  CATEGORY: ListCategoriesResponse;
  FILING: GetFilingResponse;
  INTERFACES: ListPrivacyInterfacesResponse;
  VERSIONS: Pick<GetVersionInfoResponse, 'release'>;
  DOMAINS: GetDomainsResponse;
  GUIDE: GetPrivacyGuideResponse;
}

/** What is read of a mini-program, in one or two calls. */
export type Part = keyof PartAnswers;

export const PARTS: readonly Part[] = [
  ...(['ACCOUNT', 'CATEGORY', 'FILING', 'INTERFACES', 'VERSIONS', 'DOMAINS', 'GUIDE'] as const),
];

/** One part as it was just read, or why it could not be read. */
export type PartRead = { [P in Part]: { part: P } & ({ answer: PartAnswers[P] } | { error: string }) }[Part];

/** The inventory of mini-programs, which the worker keeps. */
export interface FleetReads {
  /** The parts on which the readiness of a mini-program depends now. */
  partsToRead(appid: string): Promise<Part[]>;
  /** Stores reads that began at a time, of all parts on which readiness depends or of some, and what follows from them. */
  keepReads(reads: {
    appid: string;
    reads: readonly PartRead[];
    at: Date;
    isComplete: boolean;
  }): Promise<unknown>;
  /** The platform's own appid and token; undefined if there is none now. */
  platform(): Promise<{ componentAppid: string; token: string } | undefined>;
  onRead(part: Part, isRead: boolean): void;
}
