// What the tests of several packages share: matchers and fixtures.
export {};
