import type { Command } from 'commander';
import { COMMAND_LINE } from '../features/audit/service.ts';
import { type Invite, inviteAdmin } from '../features/people/invites.ts';
import { createIds } from '../platform/ids.ts';
import { addCommand } from './operations.ts';
import type { ProgramParts } from './program-parts.ts';

/** Adds `laurel admin`: those who run the game. */
export function addAdminCommands(program: Command, { output, withWorkbench }: ProgramParts): void {
  const admin = addCommand(program, output, 'admin', 'those who run the game');
  addCommand(admin, output, 'invite', 'print what makes an account an admin, once, within 1 h').action(() =>
    withWorkbench(async ({ database, clock }) => {
      const invite = await inviteAdmin({ database, clock, ids: createIds(clock) }, COMMAND_LINE);
      output.stdout(`${inviteText(invite)}\n`);
    }),
  );
}

/** What to do with an invitation. */
export function inviteText({ token, expiresAt }: Invite): string {
  const mutation = `mutation { claimAdmin(input: { token: "${token}", username: "...", password: "..." }) { __typename } }`;
  return `Become an admin, once, until ${expiresAt.toISOString()}: send /graphql\n  ${mutation}`;
}
