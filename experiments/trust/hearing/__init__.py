"""The hearing test: does a distance put plain changes of a sound farther than small ones?"""
