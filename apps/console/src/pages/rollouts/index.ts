import type { Type } from '@nestjs/common';

export const ROLLOUT_PAGES: Type[] = [];
