/** Queues, one per cell: who is at the head has the turn. */
export interface Turns {
  /** Calls `begin` when the turn has come (maybe at once); returns how to leave, before the turn or after. Idempotent. */
  enter(cell: string, begin: () => void): () => void;
}

export function createTurns(): Turns {
  const queues = new Map<string, symbol[]>();
  const begins = new Map<symbol, () => void>();

  return {
    enter: (cell, begin) => {
      const ticket = Symbol(cell);
      const queue = queues.get(cell) ?? [];
      queues.set(cell, queue);
      queue.push(ticket);
      begins.set(ticket, begin);
      if (queue[0] === ticket) begin();
      return () => {
        const place = queue.indexOf(ticket);
        if (place < 0) return;
        queue.splice(place, 1);
        begins.delete(ticket);
        const next = queue[0];
        if (place === 0 && next) begins.get(next)?.();
      };
    },
  };
}
