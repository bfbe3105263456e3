import type { FeaturePrivileges } from '#shared/contract/connection';
import { CodeText } from '../../ui/code';
import { StateDot } from '../../ui/state';
import { Cell, HeadCell, Table } from '../../ui/table';
import { FEATURE_WORDS } from './features';
import styles from './privilege-table.module.css';

/** Features with what each lacks and what grants it. */
export function PrivilegeTable({ features }: { features: readonly FeaturePrivileges[] }) {
  return (
    <Table label="Privileges by feature">
      <thead>
        <tr>
          <HeadCell>Feature</HeadCell>
          <HeadCell>State</HeadCell>
          <HeadCell>Missing privileges</HeadCell>
        </tr>
      </thead>
      <tbody>
        {features.map((entry) => (
          <tr key={entry.feature}>
            <Cell className={styles.feature}>
              <strong>{FEATURE_WORDS[entry.feature].name}</strong>
              <p className={styles.quiet}>{FEATURE_WORDS[entry.feature].sentence}</p>
            </Cell>
            <Cell className={styles.state}>
              <StateDot
                tone={entry.ok ? 'ok' : 'warning'}
                word={entry.ok ? 'possible' : 'not possible'}
                showWord
              />
            </Cell>
            <Cell>
              {entry.missing.map(({ path, privileges }) => (
                <p key={path}>
                  <CodeText>{privileges.join(', ')}</CodeText> on <CodeText>{path}</CodeText>
                </p>
              ))}
              {entry.remedy !== undefined && <p className={styles.quiet}>{entry.remedy}</p>}
              {entry.ok && <span className={styles.quiet}>none</span>}
            </Cell>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}
