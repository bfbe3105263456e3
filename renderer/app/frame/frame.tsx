import { useEffect, useRef } from 'react';
import { useLocation } from 'wouter';
import { DropZone } from '../../features/bundles/drop-zone';
import { useConnectionStatus, useLive } from '../context';
import { DialogHost } from '../dialog-host';
import { DrawerHost } from '../drawer-host';
import { Routes } from '../routes';
import { Shortcuts } from '../shortcuts';
import { Banners } from './banners';
import styles from './frame.module.css';
import { Opening } from './opening';
import { Sidebar } from './sidebar';
import { TopBar } from './top-bar';

/** The window: sidebar, top bar and the open page. */
export function Frame() {
  const ready = useLive((state) => state.ready);
  const refused = useConnectionStatus().phase === 'error';
  if (!ready || refused) return <Opening />;
  return (
    <div className={styles.frame}>
      <a href="#content" className={styles.skip} onClick={skip}>
        Skip to the content
      </a>
      <Sidebar />
      <div className={styles.right}>
        <TopBar />
        <Banners />
        <Main />
      </div>
      <DrawerHost />
      <DialogHost />
      <DropZone />
      <Shortcuts />
    </div>
  );
}

/** The hash is the page's address, so the link must not change it. */
function skip(event: { preventDefault(): void }) {
  event.preventDefault();
  document.getElementById('content')?.focus();
}

/** The open page; the focus follows when another page is opened, and it starts at the top. */
function Main() {
  const [location] = useLocation();
  const main = useRef<HTMLElement>(null);
  const shown = useRef(location);
  useEffect(() => {
    if (shown.current === location) return;
    shown.current = location;
    main.current?.focus({ preventScroll: true });
    main.current?.scrollTo({ top: 0 });
  }, [location]);
  return (
    <main id="content" ref={main} tabIndex={-1} className={styles.main}>
      <Routes />
    </main>
  );
}
