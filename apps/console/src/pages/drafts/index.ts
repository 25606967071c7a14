import type { Type } from '@nestjs/common';

export const DRAFT_PAGES: Type[] = [];
