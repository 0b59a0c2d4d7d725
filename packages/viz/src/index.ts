// Charts as SVG and image grids as PNG: pure functions.
export {};
