import { FileUp } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useLocation } from 'wouter';
import styles from './drop-zone.module.css';
import { useImportDesk } from './import-context';

/** Takes a file that is dropped anywhere on the window; the button on the import page does the same. */
export function DropZone() {
  const desk = useImportDesk();
  const [, navigate] = useLocation();
  const [over, setOver] = useState(false);
  useEffect(() => {
    // entering a child leaves its parent: only a balance of zero is outside
    let depth = 0;
    const holdsFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') === true;
    const enter = (event: DragEvent) => {
      if (!holdsFiles(event)) return;
      depth += 1;
      setOver(true);
    };
    const leave = () => {
      depth = Math.max(0, depth - 1);
      if (depth === 0) setOver(false);
    };
    const hover = (event: DragEvent) => {
      if (holdsFiles(event)) event.preventDefault();
    };
    const drop = (event: DragEvent) => {
      depth = 0;
      setOver(false);
      const file = event.dataTransfer?.files[0];
      if (file === undefined) return;
      event.preventDefault();
      navigate('/import');
      void desk.choose(file);
    };
    window.addEventListener('dragenter', enter);
    window.addEventListener('dragleave', leave);
    window.addEventListener('dragover', hover);
    window.addEventListener('drop', drop);
    return () => {
      window.removeEventListener('dragenter', enter);
      window.removeEventListener('dragleave', leave);
      window.removeEventListener('dragover', hover);
      window.removeEventListener('drop', drop);
    };
  }, [desk, navigate]);
  if (!over) return null;
  return (
    <div className={styles.over}>
      <div className={styles.words}>
        <FileUp size={26} strokeWidth={1.5} aria-hidden />
        <strong>Drop it to look inside</strong>
        <span>A bundle, a clusters.json or a portal’s database. Nothing is changed yet.</span>
      </div>
    </div>
  );
}
