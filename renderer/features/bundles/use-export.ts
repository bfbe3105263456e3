import { useEffect, useRef, useState } from 'react';
import type { Client } from '#shared/contract/index';
import { useClient } from '../../app/context';
import { isAbort, type Problem, problemOf } from '../../transport/failure';
import { saveFile } from './save-file';

interface Finished {
  fileName: string;
  base64: string;
  clusters: number;
}

/** An export as it is seen. */
interface ExportRun {
  phase: 'idle' | 'running' | 'done';
  progress: { fraction: number; what: string } | null;
  result: Finished | null;
  problem: Problem | null;
}

const IDLE: ExportRun = { phase: 'idle', progress: null, result: null, problem: null };

/** Makes a bundle and hands it over; leaving cancels it. */
export function useExport() {
  const client = useClient();
  const [run, setRun] = useState<ExportRun>(IDLE);
  const running = useRef<AbortController | null>(null);
  useEffect(() => () => running.current?.abort(), []);

  const save = (result: Finished) => saveFile(result.fileName, result.base64, document);
  const start = async (input: Parameters<Client['bundles']['export']>[0]): Promise<void> => {
    const controller = new AbortController();
    running.current = controller;
    const { signal } = controller;
    setRun({ ...IDLE, phase: 'running' });
    try {
      for await (const event of await client.bundles.export(input, { signal })) {
        if (event.type === 'progress') {
          setRun((known) => ({ ...known, progress: event }));
          continue;
        }
        setRun({ ...IDLE, phase: 'done', result: event });
        save(event);
      }
    } catch (error) {
      const cancelled = signal.aborted || isAbort(error);
      setRun({ ...IDLE, problem: cancelled ? null : problemOf(error) });
    }
  };
  return { run, start, save, cancel: () => running.current?.abort() };
}
