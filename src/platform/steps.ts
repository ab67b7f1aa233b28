/**
 * Cuts users, in their order, into steps that are small in events but for a single user with more. Who has none is in the step of
 * the others.
 */
export function* stepsOf<User extends { readonly events: number }>(
  users: readonly User[],
  mostEvents: number,
): Generator<User[]> {
  let step: User[] = [];
  let events = 0;
  for (const user of users) {
    if (step.length > 0 && events + user.events > mostEvents) {
      yield step;
      step = [];
      events = 0;
    }
    step.push(user);
    events += user.events;
  }
  if (step.length > 0) yield step;
}
