import type { users as zh } from '../zh/users.js';

export const users: Record<keyof typeof zh, string> = {
  'users.title': 'Users and roles',
  'users.list': 'Users of the users file',
  'users.none': 'There is no users file',
  'users.name': 'Name',
  'users.role': 'Role',
  'users.may': 'May',
  'users.may.viewer': 'See all pages',
  'users.may.operator': 'See and act',
  'users.scope': 'Mini-programs',
  'users.allMiniPrograms': 'All',
  'users.trail': 'Audit trail',
  'users.actions': 'Actions',
  'users.groups': 'Groups of single sign-on',
  'users.group': 'Group',
  'users.how': 'An administrator manages users on the server; a change of the file counts at once:',
};
