import { CircleCheck, Undo2 } from 'lucide-react';
import type { Remote } from '#shared/contract/remotes';
import type { SyncReport } from '#shared/contract/sync';
import { Button } from '../../ui/button';
import { Notice } from '../../ui/feedback';
import { Stack } from '../../ui/stack';
import { useBlock } from '../access/use-block';
import { plural } from '../deck/deck-view';
import { EntryList, type Sorting } from './entry-list';
import { ResultWord } from './result-word';
import { useSyncDesk } from './sync-context';
import {
  type Decisions,
  RESULT_NAMES,
  RESULTS,
  type ReportEntry,
  reportSentence,
} from './sync-view';

const BY_RESULT: Sorting<ReportEntry> = {
  all: 'All that differed',
  quiet: 'same',
  kinds: RESULTS.map((kind) => ({ kind, name: RESULT_NAMES[kind] })),
  of: ({ result }) => result,
};

interface ReportProps {
  remote: Remote;
  report: SyncReport;
  decisions: Decisions;
}

/** What a sync did, or in a dry run would have done. */
export function ReportView({ remote, report, decisions }: ReportProps) {
  const desk = useSyncDesk();
  const block = useBlock();
  const waits = report.entries.some(({ result }) => result === 'waits');
  return (
    <>
      <Notice
        tone={report.ok ? 'information' : 'bad'}
        {...(report.ok && { icon: CircleCheck })}
        title={report.dryRun ? 'Dry run: nothing was changed.' : report.message}
        action={
          report.dryRun ? (
            <Stack direction="row" gap="small">
              <Button small icon={Undo2} onClick={() => void desk.read(remote.uuid)}>
                Choose again
              </Button>
              <Button small tone="primary" why={block} onClick={() => void desk.run(remote.uuid)}>
                Sync now
              </Button>
            </Stack>
          ) : (
            waits && (
              <Button small tone="primary" onClick={() => void desk.read(remote.uuid)}>
                Decide what waits
              </Button>
            )
          )
        }
      >
        {report.dryRun
          ? reportSentence(report)
          : `${plural(report.requests, 'request')} to ${remote.name}.`}
      </Notice>
      <EntryList
        entries={report.entries}
        remoteName={remote.name}
        decisions={decisions}
        sorting={BY_RESULT}
        result={(entry) => <ResultWord entry={entry} />}
      />
    </>
  );
}
