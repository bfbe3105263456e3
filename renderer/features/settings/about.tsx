import type { AppInfo } from '#shared/contract/app';
import { Panel } from '../../ui/card';
import { CodeText } from '../../ui/code';
import { Skeleton } from '../../ui/feedback';
import styles from './settings-page.module.css';

const HOSTS: Record<AppInfo['host'], string> = {
  electron: 'Desktop program',
  browser: 'Browser window on this machine',
  cli: 'Command line',
  test: 'Test',
};

/** Which program this is and where its data lie. */
export function About({ info }: { info: AppInfo | undefined }) {
  return (
    <Panel title="About">
      {info ? (
        <dl className={styles.facts}>
          <dt>Version</dt>
          <dd>Clusterdeck {info.version}</dd>
          <dt>Runs as</dt>
          <dd>
            {HOSTS[info.host]} ({info.platform})
          </dd>
          <dt>Data folder</dt>
          <dd>
            <CodeText>{info.dataDir}</CodeText>
            {info.demo && ' (demo lab, thrown away at the end)'}
          </dd>
          <dt>Licence</dt>
          <dd>GNU GPL, version 3 or later</dd>
        </dl>
      ) : (
        <Skeleton height="100px" />
      )}
    </Panel>
  );
}
