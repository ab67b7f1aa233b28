import type { Command } from 'commander';
import { COMMAND_LINE } from '../features/audit/service.ts';
import { type Invite, inviteAdmin } from '../features/people/invites.ts';
import { createIds } from '../platform/ids.ts';
import { ownUrl } from '../platform/own-url.ts';
import { addCommand } from './operations.ts';
import type { ProgramParts } from './program-parts.ts';

/** Adds `laurel admin`: those who run the game. */
export function addAdminCommands(program: Command, { output, withWorkbench }: ProgramParts): void {
  const admin = addCommand(program, output, 'admin', 'those who run the game');
  addCommand(admin, output, 'invite', 'print a link that makes an account an admin, once, within 1 h').action(() =>
    withWorkbench(async ({ config, database, clock }) => {
      const invite = await inviteAdmin({ database, clock, ids: createIds(clock) }, COMMAND_LINE);
      output.stdout(`${inviteText(invite, ownUrl(config.host, config.port))}\n`);
    }),
  );
}

/** What to do with an invitation. `url`: where this machine reaches the server. The token stands where no browser sends it, no log keeps it. */
export function inviteText({ token, expiresAt }: Invite, url: string): string {
  return [
    `Become an admin, once, until ${expiresAt.toISOString()}: open`,
    `  ${url}/claim#${token}`,
    "  (from elsewhere the same path on this server's own address)",
  ].join('\n');
}
