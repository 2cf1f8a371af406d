import { useCallback, useEffect, useRef } from 'react';

type OnChange = (isVisible: boolean) => void;
export type Observe = (element: Element, onChange: OnChange) => () => void;

/** Tiles are drawn a little before they scroll into view. */
const MARGIN = '300px';

/** One observer for many elements: who is off screen need not be kept up to date. */
export function useVisibility(): Observe {
  const observer = useRef<IntersectionObserver | null>(null);
  const told = useRef(new Map<Element, OnChange>());
  useEffect(
    () => () => {
      observer.current?.disconnect();
      observer.current = null;
    },
    [],
  );
  return useCallback((element, onChange) => {
    observer.current ??= new IntersectionObserver(
      (entries) => {
        for (const { target, isIntersecting } of entries) told.current.get(target)?.(isIntersecting);
      },
      // The page scrolls within this element.
      { root: document.getElementById('page'), rootMargin: MARGIN },
    );
    told.current.set(element, onChange);
    observer.current.observe(element);
    return () => {
      told.current.delete(element);
      observer.current?.unobserve(element);
    };
  }, []);
}
