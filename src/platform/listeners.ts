/** Adds a listener to a set; the same function may be added twice and is called twice. Returns the function that removes it. */
export function addListener<Heard extends readonly unknown[]>(
  listeners: Set<(...heard: Heard) => void>,
  listener: (...heard: Heard) => void,
): () => void {
  const own = (...heard: Heard) => listener(...heard);
  listeners.add(own);
  return () => {
    listeners.delete(own);
  };
}
